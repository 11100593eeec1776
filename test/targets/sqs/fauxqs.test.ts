import {FAUXQS} from '../../brokers/emulator-deviations.ts'
import {startFauxqs} from '../../brokers/fauxqs.ts'
import {describeSqs} from './emulator-suite.ts'

describeSqs('fauxqs', startFauxqs, FAUXQS)
